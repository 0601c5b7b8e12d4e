metadata description = 'The settings of the app that are secret.'

param name string
param location string
param tags { *: string }

@description('The keys that open the API, separated by commas.')
@secure()
param apiKeys string

@description('Who is told when jobs end, each with the secret that signs it; empty: nobody.')
@secure()
param webhooks string

@description('The servers that may teach, some with a key; empty: none.')
@secure()
param teachers string

@description('The identity of the app, which may read these secrets.')
param principalId string

@description('The person or pipeline that deploys, who may read and change them; empty: nobody.')
param deployerId string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var keyVaultSecretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

// A vault holds no empty secrets: what is not set is not there.
var names = concat(['api-keys'], empty(webhooks) ? [] : ['webhooks'], empty(teachers) ? [] : ['teachers'])
var settingNames = {
  'api-keys': 'SERVERLESS_KEYS'
  webhooks: 'SERVERLESS_WEBHOOKS'
  teachers: 'SERVERLESS_TEACHERS'
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = [
  for name in names: {
    parent: vault
    name: name
    properties: { value: name == 'api-keys' ? apiKeys : name == 'webhooks' ? webhooks : teachers }
  }
]

resource appReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in names: {
    name: guid(secret[i].id, principalId, keyVaultSecretsUser)
    scope: secret[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    }
  }
]

resource deployerChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerId)) {
  name: guid(vault.id, deployerId, keyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: deployerId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsOfficer)
  }
}

output name string = vault.name

@description('The addresses of the secrets, by the settings of the app that they stand for.')
// Without a version: the app follows a changed secret by itself, within a day or when it starts anew.
output secretUris { *: string } = toObject(names, name => settingNames[name], name => '${vault.properties.vaultUri}secrets/${name}')
