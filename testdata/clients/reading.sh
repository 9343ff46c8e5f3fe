# Programs that only read: drape masks the values of an ENV file, configs puts secrets into a configuration.
set -eu
python3 -c 'from drape.cli import main; main()' --format sops s.env
cat > config.yaml <<END
meta: {version: 0}
vault: {sops: {}}
config: {db: {host: db.example.org}}
secrets_encrypted: {db: {password: hush-password}}
transform: {env: {fields: {HOST: db.host, PASSWORD: db.password}}}
END
sops encrypt --age "$RECIPIENTS" --encrypted-suffix _encrypted config.yaml > config.enc.yaml
: > out.env
python3 -c 'from configs.cli import cli; cli()' transform config.enc.yaml env out.env
