metadata description = 'The app on Flex Consumption: no instance while nothing happens, and up to 4096 MB for each.'

import { Settings } from 'settings.bicep'

param name string
param planName string
param location string
param tags { *: string }

@description('The settings that are the same on every plan.')
param settings Settings

@description('The host names besides its own by which the app may be addressed.')
param allowedHosts string[]

@description('The addresses of the secrets, by the settings that they stand for.')
param secretUris { *: string }

@description('The container that the package of the app is deployed to, by its address.')
param packageContainerUrl string

@description('The resource id of the identity of the app.')
param identityId string

@description('Memory of an instance; its share of processors grows with it: a quarter of one, one, two.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('The most instances that run at a time, those for HTTP and those for jobs together.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'flex' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: { minTlsVersion: '1.2' }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, mapValues(secretUris, uri => '@Microsoft.KeyVault(SecretUri=${uri})'), {
      // All of it is billed while it works.
      SERVERLESS_INSTANCE_MEMORY_MB: string(instanceMemoryMB)
      SERVERLESS_ALLOWED_HOSTS: join(concat([app.properties.defaultHostName], allowedHosts), ',')
    })
  }
}

output url string = 'https://${app.properties.defaultHostName}'
output name string = app.name
