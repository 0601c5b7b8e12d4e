using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning;
using Serverless.Learning.Models;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// A model's files, but that its configuration says in how long a context it is to be run (<see cref="DecoderConfig.ContextField"/>). It is part
/// of the content so that whatever trains, serves, merges or exports the model does so in the same one.
/// </summary>
public sealed class FilesInContext : IModelFiles
{
    private const string Config = "config.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IModelFiles _files;
    private readonly ModelFile _config;
    private readonly byte[] _content;

    private FilesInContext(IModelFiles files, ModelFile config, byte[] content)
    {
        (_files, _config, _content) = (files, config with { Bytes = content.Length }, content);
        Files = [.. files.Files.Select(file => ReferenceEquals(file, config) ? _config : file)];
    }

    public string Name => _files.Name;

    public IReadOnlyList<ModelFile> Files { get; }

    /// <param name="context">Tokens. Whether the model promises as many is for its check to say.</param>
    /// <returns>The files; those given, where there is no configuration to change, which their check says.</returns>
    /// <exception cref="InputError">The configuration is no JSON object, or the files are an adapter.</exception>
    public static async Task<IModelFiles> OfAsync(IModelFiles files, int context, CancellationToken ct)
    {
        if (AdapterFiles.Are([.. files.Files.Select(file => file.Path[(file.Path.LastIndexOf('/') + 1)..])]))
            throw new InputError($"context: found {context} for an adapter; allowed: none, an adapter has that of its base");
        var configs = files.Files.Where(file => file.Path == Config || file.Path.EndsWith("/" + Config, StringComparison.Ordinal)).ToList();
        if (configs.OrderBy(file => file.Path.Length).FirstOrDefault() is not { Bytes: <= ModelChoice.MaxTextBytes } config)
            return files;
        await using var content = await files.OpenAsync(config, ct);
        try
        {
            var json = await JsonNode.ParseAsync(content, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }, cancellationToken: ct) as JsonObject
                ?? throw new InputError($"{Config}: allowed: a JSON object");
            json[DecoderConfig.ContextField] = context;
            return new FilesInContext(files, config, [.. JsonSerializer.SerializeToUtf8Bytes(json, Indented), (byte)'\n']);
        }
        catch (JsonException fault)
        {
            throw new InputError($"{Config}: is not valid JSON: {fault.Message}", innerException: fault);
        }
    }

    public Task<Stream> OpenAsync(ModelFile file, CancellationToken ct) =>
        ReferenceEquals(file, _config) ? Task.FromResult<Stream>(new MemoryStream(_content, writable: false)) : _files.OpenAsync(file, ct);
}
