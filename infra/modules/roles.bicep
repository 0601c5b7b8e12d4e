metadata description = 'What the app, and the person who deploys it, may do with the storage account.'

param storageName string

@description('The identity of the app.')
param principalId string

@description('The person or pipeline that deploys, who may then drop datasets; empty: nobody.')
param deployerId string

@description('Whether drops are found by looking into the storage instead of being told by Event Grid.')
param watchesDatasets bool

// Blobs: the host wants Owner, not Contributor, for the blobs that it keeps its locks, keys and trigger receipts in. Queues and tables:
// the queues of blob triggers, and the work items, control queues, history and instances of Durable Functions.
var appRoles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource app 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(appRoles): {
    name: guid(storage.id, principalId, role.value)
    scope: storage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

resource deployer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerId)) {
  name: guid(storage.id, deployerId, storageBlobDataContributor)
  scope: storage
  properties: {
    principalId: deployerId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// A polling blob trigger switches the account's write log on and reads it. The built-in role that may do so (Storage Account Contributor)
// may also delete the account, so there is one with these two actions only.
resource writeLogRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (watchesDatasets) {
  name: guid(resourceGroup().id, 'blob-service-properties')
  properties: {
    roleName: 'Blob service properties of ${storageName}'
    description: 'Reads and changes the properties of the blob service, such as its write log.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/blobServices/read'
          'Microsoft.Storage/storageAccounts/blobServices/write'
        ]
      }
    ]
  }
}

resource writeLog 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (watchesDatasets) {
  name: guid(storage.id, principalId, 'blob-service-properties')
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: writeLogRole.id
  }
}
