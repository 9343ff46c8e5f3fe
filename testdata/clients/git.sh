# Git, which shows what changed in encrypted files, and a shell that completes words.
set -eu
git init --quiet repository
cd repository
git config user.name somebody
git config user.email somebody@example.org
git config diff.sops.textconv "sops decrypt"
echo '*.yaml diff=sops' > .gitattributes
cp ../s.yaml s.yaml
git add .
git commit --quiet -m one
sops set s.yaml '["name"]' '"hush-changed"'
git diff s.yaml | grep -v ^index
git show HEAD:s.yaml > old.yaml
git log -p --format=%s -- s.yaml | grep -v ^index
rm -r .git
