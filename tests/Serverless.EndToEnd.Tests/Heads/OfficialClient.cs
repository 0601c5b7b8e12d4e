using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;

namespace Serverless.EndToEnd.Tests.Heads;

/// <summary>A head as OpenAI's client for .NET sees it.</summary>
internal static class OfficialClient
{
    extension(HeadProcess head)
    {
        /// <summary>The official client, without retries so that a fault shows.</summary>
        public OpenAIClient Client => new(new ApiKeyCredential("any"), new OpenAIClientOptions
        {
            Endpoint = new Uri(head.Url, "v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        });
    }
}
