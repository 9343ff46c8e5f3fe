# github-to-sops, which gives all files of a repository the recipients of the rules.
set -eu
mkdir repository
cd repository
printf 'creation_rules:\n  - age: %s\n' "$RECIPIENTS" > .sops.yaml
cp ../s.yaml one.enc.yaml
cp ../s.json two.enc.json
cp ../p.yaml plain.enc.yaml
git init --quiet .
git add .
python3 -c 'import argparse, github_to_sops; github_to_sops.updatekeys(argparse.Namespace())' > /dev/null
rm -r .git
