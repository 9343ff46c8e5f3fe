#!/bin/sh
# The key is a secret of the Swarm, the values come from the encrypted file in the image (../docker-run/Dockerfile).
set -eu
docker secret create app_seal.key /srv/keys/app.key
# A folder in memory beside /run/secrets, which itself is on disk. uid and mode keep the key from other users of the image.
docker service create --name app --read-only --cap-drop ALL --user 65532:65532 \
  --secret source=app_seal.key,target=seal.key,uid=65532,gid=65532,mode=0400 \
  --mount type=tmpfs,destination=/run/seal,tmpfs-size=1m \
  --env SEAL_INTO=/run/seal \
  app
