#!/usr/bin/env sh
# Has Event Grid tell the app of every new blob in the containers that take drops. Doing it again changes nothing.
# On Container Apps the app looks for drops itself, and nothing is to be done.
set -eu

# The functions that take drops, each with its container.
drops="Drop:datasets ModelDrop:models"

if [ -z "${SERVERLESS_DATASETS_TOPIC:-}" ]; then
    exit 0
fi
if ! command -v az >/dev/null; then
    echo "The Azure CLI is missing: install it (https://aka.ms/install-azure-cli), run \"az login\", then \"azd hooks run postdeploy\"." >&2
    exit 1
fi

# The key appears when the host has first seen the blob trigger, some seconds after the deployment.
key=
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12; do
    key=$(az functionapp keys list --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
        --name "$SERVERLESS_APP_NAME" --query systemKeys.blobs_extension --output tsv 2>/dev/null || true)
    [ -n "$key" ] && break
    echo "Waiting for $SERVERLESS_APP_NAME to start ($attempt of 12)"
    sleep 10
done
if [ -z "$key" ]; then
    echo "$SERVERLESS_APP_NAME has no key blobs_extension: its host has not started, or found no blob trigger. Its log says why;" >&2
    echo "after that is put right, run \"azd hooks run postdeploy\"." >&2
    exit 1
fi

for drop in $drops; do
    container=${drop#*:}
    az eventgrid system-topic event-subscription create --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
        --system-topic-name "$SERVERLESS_DATASETS_TOPIC" --name "$container" \
        --endpoint-type webhook \
        --endpoint "$SERVERLESS_APP_URL/runtime/webhooks/blobs?functionName=Host.Functions.${drop%%:*}&code=$key" \
        --included-event-types Microsoft.Storage.BlobCreated \
        --subject-begins-with "/blobServices/default/containers/$container/" \
        --output none
    echo "What is dropped into the container \"$container\" of $AZURE_STORAGE_ACCOUNT_NAME is taken in now."
done
echo "The API is at $SERVERLESS_APP_URL/v1"
