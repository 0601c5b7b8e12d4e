# Has Event Grid tell the app of every new blob in the containers that take drops. Doing it again changes nothing.
# On Container Apps the app looks for drops itself, and nothing is to be done.
$ErrorActionPreference = 'Stop'

# The functions that take drops, each with its container.
$drops = 'Drop:datasets', 'ModelDrop:models'

if (-not $env:SERVERLESS_DATASETS_TOPIC) {
    exit 0
}
if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('The Azure CLI is missing: install it (https://aka.ms/install-azure-cli), run "az login", then "azd hooks run postdeploy".')
    exit 1
}

# The key appears when the host has first seen the blob trigger, some seconds after the deployment.
$key = $null
foreach ($attempt in 1..12) {
    $key = az functionapp keys list --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
        --name $env:SERVERLESS_APP_NAME --query systemKeys.blobs_extension --output tsv 2>$null
    if ($key) { break }
    Write-Output "Waiting for $($env:SERVERLESS_APP_NAME) to start ($attempt of 12)"
    Start-Sleep -Seconds 10
}
if (-not $key) {
    [Console]::Error.WriteLine("$($env:SERVERLESS_APP_NAME) has no key blobs_extension: its host has not started, or found no blob trigger. Its log says why;")
    [Console]::Error.WriteLine('after that is put right, run "azd hooks run postdeploy".')
    exit 1
}

foreach ($drop in $drops) {
    $function, $container = $drop -split ':'
    # In quotes of its own: az is a batch file on Windows, and the ampersand would end its command line.
    $endpoint = "`"$($env:SERVERLESS_APP_URL)/runtime/webhooks/blobs?functionName=Host.Functions.$function&code=$key`""
    az eventgrid system-topic event-subscription create --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
        --system-topic-name $env:SERVERLESS_DATASETS_TOPIC --name $container `
        --endpoint-type webhook `
        --endpoint $endpoint `
        --included-event-types Microsoft.Storage.BlobCreated `
        --subject-begins-with "/blobServices/default/containers/$container/" `
        --output none
    if ($LASTEXITCODE -ne 0) {
        exit $LASTEXITCODE
    }
    Write-Output "What is dropped into the container `"$container`" of $($env:AZURE_STORAGE_ACCOUNT_NAME) is taken in now."
}
Write-Output "The API is at $($env:SERVERLESS_APP_URL)/v1"
