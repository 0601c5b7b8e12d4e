metadata description = 'Which image the container app runs at the moment.'

param name string
param exists bool

resource app 'Microsoft.App/containerApps@2025-07-01' existing = if (exists) {
  name: name
}

// Provisioning again must not take the app back to the placeholder that stands in before the first deployment.
output image string = exists
  ? app!.properties.template.containers[0].image
  : 'mcr.microsoft.com/azuredocs/containerapps-helloworld:latest'
