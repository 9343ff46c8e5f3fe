# Ansible, with its collection community.sops: the variables of a group, a lookup, a filter, a file of variables, and
# a file that is made, left alone and changed.
set -eu
mkdir group_vars
cp s.yaml group_vars/all.sops.yaml
echo "localhost ansible_connection=local ansible_python_interpreter=$(command -v python3)" > inventory
printf 'creation_rules:\n  - age: %s\n    encrypted_regex: ^name$\n' "$RECIPIENTS" > rules.yaml
export ANSIBLE_COLLECTIONS_PATH="$CLIENTS/collections"
export ANSIBLE_HOME="$HOME/.ansible"
export ANSIBLE_VARS_ENABLED=host_group_vars,community.sops.sops
if ! python3 -m ansible playbook --inventory inventory "$SCRIPTS/ansible.yml" > "$HOME/log" 2>&1; then
    cat "$HOME/log" >&2
    exit 1
fi
cat results.json
