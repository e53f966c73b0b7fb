# SPDX-License-Identifier: MIT
# sshd on a port of its own: logins, commands, copies, a repository, keys by an agent. What it lets in is in the image.
set -eu
cd "$W"
mkdir -p /run/sshd
port=12222
/usr/sbin/sshd -p $port -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile=/etc/ssh/keys -o PidFile="$W/sshd.pid" -o UseDNS=no
while ! [ -e sshd.pid ]; do sleep 0.1; done
options="-o StrictHostKeyChecking=accept-new -o BatchMode=yes"
ssh="ssh -p $port $options"
i=0
while [ $i -lt 10 ]; do
	$ssh carl@127.0.0.1 'ls -la; id; uname -a; env' >/dev/null
	$ssh -tt carl@127.0.0.1 <<'S' >/dev/null
ls
exit
S
	i=$((i + 1))
done
head -c 1000000 /dev/urandom >blob
scp -q -P $port $options blob carl@127.0.0.1:
printf 'put blob blob2\nls\n' | sftp -q -P $port $options carl@127.0.0.1 >/dev/null
rsync -a -e "$ssh" /usr/share/doc/apt carl@127.0.0.1:doc
$ssh carl@127.0.0.1 'git init -q --bare repo'
git -c user.name=x -c user.email=x@x init -q r
(cd r && echo 1 >1 && git add 1 && git -c user.name=x -c user.email=x@x commit -qm 1 &&
	GIT_SSH_COMMAND="$ssh" git push -q carl@127.0.0.1:repo HEAD)
GIT_SSH_COMMAND="$ssh" git clone -q carl@127.0.0.1:repo cloned
eval "$(ssh-agent -s)" >/dev/null
ssh-add -q
$ssh -A carl@127.0.0.1 'ssh-add -l' >/dev/null
ssh-keygen -q -t ed25519 -N '' -f "$W/key"
ssh-agent -k >/dev/null
kill "$(cat sshd.pid)"
