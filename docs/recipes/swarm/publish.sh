#!/bin/sh
# The values as secrets of the Swarm, for a service that is there: no key reaches a node, and the image needs no seal. To be run
# again after each change of the file. The service gets new versions with one update, which starts its tasks anew.
set -eu
seal publish --to swarm --prefix app. --service app --apply --prune \
  --secret source=db.password,target=db_password,mode=0400,uid=65532,gid=65532 \
  app.enc.yaml
