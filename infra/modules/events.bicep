metadata description = 'Tells of new blobs. Who is told is added when the app is deployed, because the address is tried out then (infra/hooks).'

param name string
param location string
param tags { *: string }
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output name string = topic.name
