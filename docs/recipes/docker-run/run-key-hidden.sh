#!/bin/sh
# The same where the app cannot read its key: seal starts as root with three capabilities, reads the key (owner root, mode
# 0400: install -D -m 0400 app.key /srv/keys/app.key), and becomes the app as user 65532 without any. The app can read its files, and neither change nor remove them.
exec docker run --rm --read-only --cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add CHOWN \
  --security-opt no-new-privileges --user 0:0 --env SEAL_USER=65532:65532 \
  --tmpfs /run/secrets:mode=0700,size=1m \
  --mount type=bind,source=/srv/keys/app.key,target=/run/seal.key,readonly \
  --env SEAL_KEY_FILE=/run/seal.key \
  app
