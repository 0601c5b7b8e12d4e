metadata description = 'The settings of the app that are the same wherever it runs.'

@description('Settings by name.')
@export()
type Settings = { *: string }

@export()
@description('The settings of the app but for the secret ones and its own host name, which each plan adds.')
func settingsOf(
  storage Endpoints,
  clientId string,
  insightsConnectionString string,
  trainingSlots int,
  chunkSeconds int,
  checkpointSeconds int,
  requestsPerMinute int,
  streamsPerCaller int,
  threads int,
  servedWeights string,
  prefixCacheMB int,
  allowedOrigins string[],
  allowedNetworks string[],
  pricePerGbSecond string,
  currency string
) Settings => union(
  {
    // For the host, Durable Functions and the service alike: one account, opened by the identity.
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: clientId
    AzureWebJobsStorage__blobServiceUri: storage.blob
    AzureWebJobsStorage__queueServiceUri: storage.queue
    AzureWebJobsStorage__tableServiceUri: storage.table
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
    // Above the 512 MB that a file may have, so that a larger one is refused by the API's own answer.
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '${600 * 1024 * 1024}'
    SERVERLESS_TRAINING_SLOTS: string(trainingSlots)
    SERVERLESS_CHUNK_SECONDS: string(chunkSeconds)
    SERVERLESS_CHECKPOINT_SECONDS: string(checkpointSeconds)
    SERVERLESS_REQUESTS_PER_MINUTE: string(requestsPerMinute)
    SERVERLESS_STREAMS_PER_CALLER: string(streamsPerCaller)
    SERVERLESS_THREADS: string(threads)
    SERVERLESS_SERVED_WEIGHTS: servedWeights
    SERVERLESS_PREFIX_CACHE_MB: string(prefixCacheMB)
  },
  // Without one the service takes the list price of Flex Consumption; another plan gives its own.
  empty(pricePerGbSecond) ? {} : { SERVERLESS_PRICE_PER_GB_SECOND: pricePerGbSecond },
  empty(currency) ? {} : { SERVERLESS_CURRENCY: currency },
  empty(allowedOrigins) ? {} : { SERVERLESS_ALLOWED_ORIGINS: join(allowedOrigins, ',') },
  empty(allowedNetworks) ? {} : { SERVERLESS_ALLOWED_NETWORKS: join(allowedNetworks, ',') }
)

@description('The addresses of the storage account.')
type Endpoints = {
  blob: string
  queue: string
  table: string
}
