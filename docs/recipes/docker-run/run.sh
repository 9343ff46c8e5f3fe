#!/bin/sh
# The app of the Dockerfile beside this. It reads /run/secrets/app.yaml, which exists in memory only.
# The key of this container belongs to its user, once, as root: install -D -o 65532 -g 65532 -m 0400 app.key /srv/keys/app.key
# (--mount, as -v makes a folder where the file is missing.)
exec docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \
  --tmpfs /run/secrets:mode=0700,uid=65532,gid=65532,size=1m \
  --mount type=bind,source=/srv/keys/app.key,target=/run/seal.key,readonly \
  --env SEAL_KEY_FILE=/run/seal.key \
  app
