metadata description = 'The storage account: datasets, files, records, jobs and models, and the state of the Functions host and of Durable Functions.'

@description('Globally unique; 3 to 24 lower-case letters and digits.')
param name string
param location string
param tags { *: string }

@description('Days for which a deleted or overwritten blob can be brought back. Removed checkpoints are paid for as long.')
@minValue(1)
@maxValue(365)
param daysToUndelete int

@description('Days after its last change until a blob of a job moves to the cool tier.')
@minValue(1)
param daysUntilJobsAreCool int

@description('Days after its last change until a blob of a job is deleted: checkpoints, events and metrics, never models, files or the record. 0: never.')
@minValue(0)
param daysUntilJobsAreDeleted int

// The same names as in BlobAccount.cs; a test compares them. The Functions host and Durable Functions make theirs themselves
// (azure-webjobs-*, <hub>-leases, <hub>-largemessages), and they are private too: the account allows nothing else.
var containers = [
  'datasets'
  'files'
  'catalog'
  'jobs'
  'models'
  'journal'
]

// Flex Consumption keeps the package of the app here, and starts instances from it.
var packageContainer = 'app-package'

// Every job has its folder, so an age can be given for all of a job's blobs only: a rule's prefix cannot say ".../checkpoints/". A paused
// job is as safe as its last checkpoint is young. Of the container's other blobs, the items of evaluations' runs are left alone on purpose:
// a run without them would look complete and be empty, its owner can delete it, and they are so small that to cool one costs more than it
// saves in years. So is admission.json, which is always in use.
var jobBlobs = {
  blobTypes: ['blockBlob']
  prefixMatch: ['jobs/ftjob-']
}

// How often an activity was started is noted until it ends. What is left after a month is of processes that died in the last activity of
// something that nobody came back to.
var startNotes = {
  blobTypes: ['blockBlob']
  prefixMatch: ['jobs/starts/']
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: daysToUndelete
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: daysToUndelete
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in concat(containers, [packageContainer]): {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: concat(
        [
          {
            name: 'cool-old-jobs'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: jobBlobs
              actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: daysUntilJobsAreCool } } }
            }
          }
          {
            name: 'delete-old-starts'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: startNotes
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } }
            }
          }
        ],
        daysUntilJobsAreDeleted == 0
          ? []
          : [
              {
                name: 'delete-old-jobs'
                type: 'Lifecycle'
                enabled: true
                definition: {
                  filters: jobBlobs
                  actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: daysUntilJobsAreDeleted } } }
                }
              }
            ]
      )
    }
  }
  dependsOn: [blobs]
}

output name string = account.name
output id string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
output packageContainer string = packageContainer
