using System.Collections.Concurrent;
using Serverless.Learning.Text;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Pipeline;

/// <summary>The tokenizers and chat templates of models, read once per content.</summary>
public sealed class ModelEncoders(ModelStore models, JobFolders folders)
{
    private readonly ConcurrentDictionary<string, ChatEncoder> _encoders = new();

    /// <exception cref="Learning.InputError">The model's tokenizer or template cannot be used.</exception>
    public async Task<ChatEncoder> OfAsync(ModelRecord model, CancellationToken ct)
    {
        var folder = await models.DownloadAsync(model, folders.Models, ct);
        return _encoders.GetOrAdd(
            folder, path => new ChatEncoder(Tokenizer.Load(Path.Combine(path, "tokenizer.json")), ChatTemplate.Load(path)));
    }
}
