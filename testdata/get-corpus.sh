#!/usr/bin/env bash
# Fetches packages that hold many real YAML, JSON and INI files, about 15 MB, into target/corpus/, one folder each.
# Packages that are there already are not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."

corpus=target/corpus
mkdir -p "$corpus"

# Unpacks the only archive of folder $1 as package $2.
unpack() {
    python3 - "$1"/* "$1.new" <<'PY'
import shutil, sys
archive, target = sys.argv[1:]
shutil.unpack_archive(archive, target, "zip" if archive.endswith(".whl") else "gztar")
PY
    mv "$1.new" "$corpus/$2"
    rm -r "$1"
}

# A package of PyPI: name, version, and `source` if the files are in the source archive only.
python_package() {
    local folder=$corpus/$1-$2 fetched=$corpus/.fetch-$1
    [ -d "$folder" ] && return
    rm -rf "$fetched" "$fetched.new"
    local kind=--only-binary=:all:
    [ "${3:-}" = source ] && kind=--no-binary=:all:
    python3 -m pip download --quiet --disable-pip-version-check --no-deps "$kind" --dest "$fetched" "$1==$2"
    unpack "$fetched" "$1-$2"
}

# A package of npm: name, version.
node_package() {
    local name=${1//[@]/} && name=${name//\//-}
    local folder=$corpus/$name-$2 fetched=$corpus/.fetch-$name
    [ -d "$folder" ] && return
    rm -rf "$fetched" "$fetched.new"
    mkdir -p "$fetched"
    npm pack --silent --pack-destination "$fetched" "$1@$2" > /dev/null
    unpack "$fetched" "$name-$2"
}

python_package ansible-core 2.18.1 source # playbooks, roles, inventories, test fixtures
python_package lm-eval 0.4.7              # task definitions, with tags of their own
python_package checkov 3.2.344            # policies
python_package prance 26.7.19.0           # OpenAPI documents
python_package ultralytics 8.3.50         # model and data set settings, commented
python_package prowler 4.6.1              # check metadata, in JSON
python_package pylint 3.3.3 source        # settings of its tests, in INI
node_package @asyncapi/specs 6.11.1       # JSON schemas
node_package i18n-iso-countries 7.14.0    # translations, in JSON

echo "$(find "$corpus" -type f \( -name '*.yml' -o -name '*.yaml' -o -name '*.json' -o -name '*.ini' -o -name '*.cfg' -o -name '*.rc' \) | wc -l) YAML, JSON and INI files are in $corpus"
