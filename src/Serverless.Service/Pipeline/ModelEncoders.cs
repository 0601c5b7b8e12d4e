using System.Collections.Concurrent;
using Serverless.Learning.Text;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Pipeline;

/// <summary>The tokenizers and chat templates of models, read once per content; those of an adapter are its base's.</summary>
public sealed class ModelEncoders(ModelStore models, JobFolders folders)
{
    private readonly ConcurrentDictionary<string, ChatEncoder> _encoders = new();

    /// <exception cref="Learning.InputError">The model's tokenizer or template cannot be used.</exception>
    public async Task<ChatEncoder> OfAsync(ModelRecord model, CancellationToken ct)
    {
        var folder = await models.DownloadAsync(await models.WeightsOfAsync(model, ct), folders.Models, ct);
        return _encoders.GetOrAdd(
            folder, path => new ChatEncoder(Tokenizer.Load(Path.Combine(path, "tokenizer.json")), ChatTemplate.Load(path)));
    }
}
