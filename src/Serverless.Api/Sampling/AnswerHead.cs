using Serverless.Learning;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Sampling;

/// <summary>What every piece of one answer repeats.</summary>
internal sealed record AnswerHead(string Id, long Created, string Model, string? SystemFingerprint)
{
    /// <param name="prefix">What OpenAI's ids of such answers begin with.</param>
    /// <returns>The head, and the model that the name stands for.</returns>
    /// <exception cref="InputError">There is no such model (<c>model_not_found</c>).</exception>
    public static async Task<(AnswerHead Head, ModelRecord Model)> BeginAsync(
        string prefix, string model, CheckpointModels models, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = new ModelId(model);
        var found = await models.FindAsync(id, cancellationToken) ?? throw UnknownModel.Refusal(id);
        return (new AnswerHead($"{prefix}-{Guid.NewGuid():N}", time.GetUtcNow().ToUnixTimeSeconds(), model, FingerprintOf(found)), found);
    }

    /// <summary>Names the content behind the model's name: a folder's name in storage ends with the hash of its content.</summary>
    private static string FingerprintOf(ModelRecord model) => $"fp_{model.Folder[^Math.Min(10, model.Folder.Length)..]}";
}
