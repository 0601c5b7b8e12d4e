using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Learning.Formats.Gguf;
using Serverless.Local.Composition;
using Serverless.Local.Settings;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Local.Commands;

/// <summary>Writes a model as one GGUF file, for llama.cpp and what is built on it. An adapter is merged into its base.</summary>
internal sealed class ModelsGgufCommand(TextWriter output) : ICommand
{
    public string Name => "models gguf";

    public string? Operand => "NAME";

    public string Summary => "Writes a base, published or adapter model as one GGUF file, and reads it back to compare.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--to", "FILE", "the file to write"),
        new("--type", "TYPE", "of the matrices: f32, f16, bf16, q8_0 or q4_0 (f16)"),
        .. SettingsOptions.Storage,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var id = new ModelId(arguments.RequiredOperand("a model's name"));
        var path = Path.GetFullPath(arguments.Required("--to"));
        var type = GgufTypeNames.TypeOf(arguments.OneOf("--type", [.. GgufTypeNames.All]) ?? GgufTypeNames.Usual);
        var settings = SettingsOptions.Read(arguments);
        await using var storage = await LocalStorage.OpenAsync(settings, output.WriteLine, ct);
        var model = await storage.Get<ModelCatalog>().FindAsync(id, ct) ?? throw UnknownModel.Refusal(id);
        var folders = new JobFolders(settings.Pipeline(), NullLogger<JobFolders>.Instance);
        using var models = new StartingModels(storage.Get<ModelStore>(), folders);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await new GgufModels(models, folders).WriteAsync(model, type, path, ct);
        await output.WriteLineAsync($"Wrote {id} to {path}: {ByteText.Of(new FileInfo(path).Length)}, read back and compared.");
        return 0;
    }
}
