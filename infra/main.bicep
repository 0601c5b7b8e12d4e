metadata description = 'Everything that one deployment of Serverless needs, in a resource group of its own.'

targetScope = 'subscription'

import { settingsOf } from 'modules/settings.bicep'

@description('The name of the deployment; the names of all its resources come from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Where it runs.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Where the app runs: empty for Flex Consumption, or container for Container Apps.')
@allowed(['', 'container'])
param plan string = ''

@description('The keys that open the API, separated by commas.')
@secure()
param apiKeys string

@description('Who is told when jobs end: an address, a blank and its secret whsec_..., each; separated by commas.')
@secure()
param webhooks string = ''

@description('The servers of others that may teach: a name, an address, a model and, if it wants one, a key, with blanks between them; separated by commas.')
@secure()
param teachers string = ''

@description('The person or pipeline that deploys: may drop datasets and read the keys. Empty: nobody.')
param principalId string = ''

@description('How many jobs train at a time.')
@minValue(1)
param trainingSlots int = 1

@description('How long a chunk of training lasts, in seconds; at most three quarters of functionTimeout in host.json.')
@minValue(30)
@maxValue(450)
param chunkSeconds int = 240

@description('The time between two checkpoints within a chunk, in seconds.')
@minValue(5)
param checkpointSeconds int = 60

@description('How many requests a key may send in a minute, on each instance. 0: any number.')
@minValue(0)
@maxValue(1000000)
param requestsPerMinute int = 6000

@description('How many streams a key may have open at a time, on each instance. 0: any number.')
@minValue(0)
@maxValue(10000)
param streamsPerCaller int = 64

@description('Processor threads for tensors. 0: as many as there are.')
@minValue(0)
@maxValue(1024)
param threads int = 0

@description('How the weights of models that answer stand in memory: as their files have them, or in 8 bits.')
@allowed(['stored', 'int8'])
param servedWeights string = 'stored'

@description('How much of prompts that were read is kept for those that begin alike, in MB, on each instance. 0: nothing.')
@minValue(0)
@maxValue(1048576)
param prefixCacheMB int = 256

@description('Host names of your own by which the app may be addressed besides its usual one.')
param allowedHosts string[] = []

@description('Origins of pages elsewhere that may call the API.')
param allowedOrigins string[] = []

@description('Hosts, addresses and networks that are not public and may be called all the same.')
param allowedNetworks string[] = []

@description('Flex Consumption: memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 4096

@description('Flex Consumption: the most instances, those for HTTP and those for jobs together.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 10

@description('Container Apps: Consumption, or the type of a profile with machines of its own, such as E8.')
param workloadProfileType string = 'Consumption'

@description('Container Apps: processors of a replica.')
param processors string = '4'

@description('Container Apps: memory of a replica, in gibibytes; on Consumption twice the processors.')
@minValue(1)
param memoryGibibytes int = 8

@description('Container Apps: replicas that always run.')
@minValue(1)
param minReplicas int = 1

@description('Container Apps: the most replicas.')
@minValue(1)
param maxReplicas int = 1

@description('What a gigabyte costs a second, by which jobs show their cost. Empty: the list price of the plan; with machines of its own that is not known.')
param pricePerGbSecond string = ''

@description('The currency of that price. Empty: USD.')
param currency string = ''

@description('Container Apps: whether the app was deployed before; azd knows.')
param containerExists bool = false

@description('Days for which a deleted or overwritten blob can be brought back.')
@minValue(1)
@maxValue(365)
param daysToUndelete int = 7

@description('Days after its last change until a blob of a job moves to the cool tier.')
@minValue(1)
param daysUntilJobsAreCool int = 30

@description('Days after its last change until a blob of a job is deleted: checkpoints, events and metrics. 0: never.')
@minValue(0)
param daysUntilJobsAreDeleted int = 0

@description('The most gigabytes of logs taken in a day. -1: no limit.')
param logGigabytesPerDay int = 1

@description('What a month may cost before its owners are written to, in the currency of the subscription.')
@minValue(1)
param budgetAmount int = 50

@description('Who is written to besides the owners.')
param budgetEmails string[] = []

@description('The first day of the month in which the budget begins; once deployed, it stays.')
param budgetStart string = utcNow('yyyy-MM-01')

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var isContainer = plan == 'container'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    daysToUndelete: daysToUndelete
    daysUntilJobsAreCool: daysUntilJobsAreCool
    daysUntilJobsAreDeleted: daysUntilJobsAreDeleted
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    storageName: storage.outputs.name
    principalId: identity.outputs.principalId
    deployerId: principalId
    watchesDatasets: isContainer
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    logName: 'log-${token}'
    name: 'appi-${token}'
    location: location
    tags: tags
    gigabytesPerDay: logGigabytesPerDay
    principalId: identity.outputs.principalId
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    apiKeys: apiKeys
    webhooks: webhooks
    teachers: teachers
    principalId: identity.outputs.principalId
    deployerId: principalId
  }
}

module budget 'modules/budget.bicep' = {
  scope: group
  params: {
    amount: budgetAmount
    emails: budgetEmails
    startDate: budgetStart
  }
}

var settings = settingsOf(
  {
    blob: storage.outputs.blobEndpoint
    queue: storage.outputs.queueEndpoint
    table: storage.outputs.tableEndpoint
  },
  identity.outputs.clientId,
  monitoring.outputs.connectionString,
  trainingSlots,
  chunkSeconds,
  checkpointSeconds,
  requestsPerMinute,
  streamsPerCaller,
  threads,
  servedWeights,
  prefixCacheMB,
  allowedOrigins,
  allowedNetworks,
  pricePerGbSecond,
  currency
)

module flex 'modules/flex.bicep' = if (!isContainer) {
  scope: group
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    settings: settings
    allowedHosts: allowedHosts
    secretUris: vault.outputs.secretUris
    packageContainerUrl: '${storage.outputs.blobEndpoint}${storage.outputs.packageContainer}'
    identityId: identity.outputs.id
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
  }
  dependsOn: [roles]
}

// Flex Consumption is told of drops; a container looks for them.
module events 'modules/events.bicep' = if (!isContainer) {
  scope: group
  params: {
    name: 'evgt-${token}'
    location: location
    tags: tags
    storageId: storage.outputs.id
  }
}

module registry 'modules/registry.bicep' = if (isContainer) {
  scope: group
  params: {
    name: 'cr${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module container 'modules/container.bicep' = if (isContainer) {
  scope: group
  params: {
    name: 'ca-${token}'
    environmentName: 'cae-${token}'
    location: location
    tags: tags
    settings: settings
    allowedHosts: allowedHosts
    secretUris: vault.outputs.secretUris
    identityId: identity.outputs.id
    logName: monitoring.outputs.logName
    registryServer: registry!.outputs.loginServer
    exists: containerExists
    workloadProfileType: workloadProfileType
    processors: processors
    memoryGibibytes: memoryGibibytes
    minReplicas: minReplicas
    maxReplicas: maxReplicas
  }
  dependsOn: [roles]
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_STORAGE_ACCOUNT_NAME string = storage.outputs.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = isContainer ? registry!.outputs.loginServer : ''
output SERVERLESS_APP_NAME string = isContainer ? container!.outputs.name : flex!.outputs.name
output SERVERLESS_APP_URL string = isContainer ? container!.outputs.url : flex!.outputs.url
// Comes back with the next deployment as the parameter budgetStart.
output SERVERLESS_BUDGET_START string = budgetStart
output SERVERLESS_DATASETS_TOPIC string = isContainer ? '' : events!.outputs.name
