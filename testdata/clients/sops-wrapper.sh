# The Python package sops-wrapper, which encrypts and decrypts all files of the rules, and sops-checker, which encrypts
# those that are not.
set -eu
mkdir all
cd all
printf 'creation_rules:\n  - path_regex: settings.*\\.yaml$\n    age: %s\n' "$RECIPIENTS" > .sops.yaml
cp ../p.yaml settings-1.yaml
cp ../multi.yaml settings-2.yaml
cp ../p.yaml other.yaml
wrapper() { python3 -c 'import sops_wrapper; sops_wrapper.main()' "$@"; }
wrapper encrypt
mkdir ../copies
mv *.enc ../copies
wrapper encrypt --in-place
cp settings-1.yaml kept.yaml
wrapper decrypt --in-place
python3 -m sops_checker.cli . --fix
