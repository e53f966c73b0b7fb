# SPDX-License-Identifier: MIT
# A repository: $COMMITS (100) commits, branches, merges, a rebase, clones, fetches, a bisection, repacking.
set -eu
cd "$W"
export HOME="$W"
git config --global user.name work
git config --global user.email work@localhost
git config --global init.defaultBranch main
git init a
cd a
i=0
while [ $i -lt "${COMMITS:-100}" ]; do
	echo "line $i" >>"f$((i % 20))"
	git add .
	git commit -q -m "change $i"
	i=$((i + 1))
done
printf '#!/bin/sh\nexit 0\n' >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
git checkout -q -b side HEAD~10
echo side >side
git add side
git commit -q -m side
git rebase -q main
git checkout -q main
git merge --no-ff -m merge side
git mv f1 g1
git commit -q -m move
git tag -a v1 -m v1
git clone -q . ../b
git clone -q "file://$W/a" ../c
git clone -q --bare . ../bare
(cd ../c && git log -p >/dev/null && git fetch -q --tags && echo x >new && git add new && git stash -q && git stash pop -q)
(cd ../b && git remote add bare ../bare && echo y >y && git add y && git commit -q -m y && git push -q bare main)
git bisect start HEAD HEAD~16
git bisect run sh -c '! test -e g1'
git bisect reset
git archive HEAD | tar -C "$W/b" -xf -
git format-patch -q -o ../patches HEAD~5
git gc -q
git fsck
git status
