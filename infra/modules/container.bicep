metadata description = 'The app as a container on Container Apps, for models that need more than 4096 MB: at least one replica, always.'

import { Settings } from 'settings.bicep'

param name string
param environmentName string
param location string
param tags { *: string }

@description('The settings that are the same on every plan.')
param settings Settings

@description('The host names besides its own by which the app may be addressed.')
param allowedHosts string[]

@description('The addresses of the secrets, by the settings that they stand for.')
param secretUris { *: string }

@description('The resource id of the identity of the app.')
param identityId string

@description('The workspace that the console of the app is logged to.')
param logName string

@description('The address of the registry that the image comes from.')
param registryServer string

@description('Whether the app is there already: its image is kept then, otherwise a placeholder stands in until the first deployment.')
param exists bool

@description('Consumption, or the type of a profile with machines of its own, such as E8 (8 processors, 64 GB).')
param workloadProfileType string

@description('Processors of a replica, such as 2 or 0.5.')
param processors string

@description('Memory of a replica, in gibibytes; on Consumption twice the processors.')
param memoryGibibytes int

@description('Replicas that always run. Timers and queues of Durable Functions are looked into by a replica that runs, so one is the least.')
@minValue(1)
param minReplicas int

@description('The most replicas that run at a time.')
@minValue(1)
param maxReplicas int

var isConsumption = workloadProfileType == 'Consumption'
// Processors are priced apart; on Consumption a gibibyte comes with half of one: 0.000003 + 0.000024 / 2, in cost/prices.json.
var prices = isConsumption ? { SERVERLESS_PRICE_PER_GB_SECOND: '0.000015' } : {}
var port = 8080

resource log 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logName
}

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: log.properties.customerId
        sharedKey: log.listKeys().primarySharedKey
      }
    }
    workloadProfiles: concat(
      [
        {
          name: 'Consumption'
          workloadProfileType: 'Consumption'
        }
      ],
      isConsumption
        ? []
        : [
            {
              name: 'training'
              workloadProfileType: workloadProfileType
              minimumCount: minReplicas
              maximumCount: maxReplicas
            }
          ]
    )
  }
}

module current 'image.bicep' = {
  params: {
    name: name
    exists: exists
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'container' })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: isConsumption ? 'Consumption' : 'training'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: port
        transport: 'auto'
        allowInsecure: false
      }
      registries: [
        {
          server: registryServer
          identity: identityId
        }
      ]
      secrets: map(items(secretUris), secret => {
        name: toLower(replace(secret.key, '_', '-'))
        keyVaultUrl: secret.value
        identity: identityId
      })
    }
    template: {
      // A chunk that is told to stop commits a checkpoint first, and the app waits for it (RunningActivities.cs). The Functions host ends the app
      // sooner: SCALE.md has its times.
      terminationGracePeriodSeconds: 120
      containers: [
        {
          name: 'app'
          image: current.outputs.image
          resources: {
            cpu: json(processors)
            memory: '${memoryGibibytes}Gi'
          }
          env: concat(
            // A price among the settings is the deployment's own, and wins.
            map(items(union(prices, settings)), setting => {
              name: setting.key
              value: setting.value
            }),
            [
              {
                // All of it is paid for as long as the replica runs.
                name: 'SERVERLESS_INSTANCE_MEMORY_MB'
                value: string(memoryGibibytes * 1024)
              }
              {
                // All replicas are one host to its triggers. By itself the Functions host takes the machine's name, so that each new replica
                // would look through all drops again and keep the timer's lock apart. A host's id has the limits of this app's name.
                name: 'AzureFunctionsWebHost__hostid'
                value: name
              }
              {
                // Function apps have it from the platform. Durable Functions hands no function its client without it.
                name: 'WEBSITE_HOSTNAME'
                value: '${name}.${environment.properties.defaultDomain}'
              }
              {
                name: 'SERVERLESS_ALLOWED_HOSTS'
                value: join(concat(['${name}.${environment.properties.defaultDomain}'], allowedHosts), ',')
              }
            ],
            map(items(secretUris), secret => {
              name: secret.key
              secretRef: toLower(replace(secret.key, '_', '-'))
            })
          )
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'requests'
            http: { metadata: { concurrentRequests: '20' } }
          }
        ]
      }
    }
  }
}

output url string = 'https://${app.properties.configuration.ingress.fqdn}'
output name string = app.name
