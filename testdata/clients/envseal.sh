# envseal, a vault of ENV files: pushes two, changes one, pushes again, and pulls.
set -eu
mkdir -p app vault "$HOME/.config/sops/age"
cp "$SOPS_AGE_KEY_FILE" "$HOME/.config/sops/age/keys.txt"
printf 'PORT=1\nPASSWORD="hush pass"\n' > app/.env
printf 'PORT=2\nTOKEN=hush-token\n' > app/.env.prod
git init --quiet app
git init --quiet vault
export COLUMNS=200 NO_COLOR=1
python3 "$SCRIPTS/envseal-setup.py"
run() { python3 -c 'from envseal.cli import app; app()' "$@"; }
run push
printf 'PORT=3\nTOKEN=hush-token\n' > app/.env.prod
run push
run status
rm -f app/.env.prod
run pull app --env prod --replace
rm -rf app/.git vault/.git
