using Serverless.Api.Requests;
using Serverless.Learning;

namespace Serverless.Api.Jobs;

/// <summary>
/// Reads a job's <c>integrations</c>, <c>[{type: wandb, wandb: {project, name?, entity?, tags?}}]</c> in OpenAI's API. This service reports to nobody but
/// its callers, so an empty list is all that it takes; anything else is refused as OpenAI refuses it, or by its name.
/// </summary>
internal static class IntegrationsReader
{
    private const string Name = "integrations";
    private static readonly string[] Types = ["wandb"];

    /// <exception cref="InputError">There is an integration.</exception>
    public static void Check(RequestObject body)
    {
        foreach (var integration in body.Objects(Name) ?? [])
        {
            var type = integration.OneOf("type", Types) ?? throw Refusal.Missing(integration.PathOf("type"));
            var own = integration.Object(type) ?? throw Refusal.Missing(integration.PathOf(type));
            own.RequiredString("project", minLength: 1);
            throw new InputError(
                $"Unsupported value: '{integration.PathOf("type")}' is '{type}', and this service sends nothing to Weights & Biases. Leave '{Name}' out; the figures of every step "
                    + "are in the job's events, in step_metrics.csv among its result files, and in /v1/fine_tuning/updates while it trains.",
                integration.PathOf("type"), "unsupported_value");
        }
    }
}
