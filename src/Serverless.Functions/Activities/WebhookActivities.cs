using Microsoft.Azure.Functions.Worker;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Functions.Activities;

/// <summary>The activity that tells endpoints of a job's end.</summary>
public sealed class WebhookActivities(ActivityRuns runs)
{
    [Function(nameof(SendWebhooks))]
    public Task<bool> SendWebhooksAsync([ActivityTrigger] WebhookCall input, FunctionContext context) =>
        runs.RunAsync<SendWebhooks, WebhookCall, bool>(input, context);
}
