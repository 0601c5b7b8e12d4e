using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Learning;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Native;
using Serverless.Local.Composition;
using Serverless.Local.Settings;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Local.Commands;

/// <summary>Writes a model as one GGUF file, for llama.cpp and what is built on it. An adapter is merged into its base.</summary>
internal sealed class ModelsGgufCommand(TextWriter output) : ICommand
{
    private static readonly Dictionary<string, GgufType> Types = new()
    {
        ["f32"] = GgufType.F32, ["f16"] = GgufType.F16, ["bf16"] = GgufType.BF16, ["q8_0"] = GgufType.Q8_0, ["q4_0"] = GgufType.Q4_0,
    };

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
        var type = Types[arguments.OneOf("--type", [.. Types.Keys]) ?? "f16"];
        var settings = SettingsOptions.Read(arguments);
        await using var storage = await LocalStorage.OpenAsync(settings, output.WriteLine, ct);
        var model = await storage.Get<ModelCatalog>().FindAsync(id, ct) ?? throw new InputError($"The model '{id}' does not exist", "model", "model_not_found");
        using var models = new StartingModels(storage.Get<ModelStore>(), new JobFolders(settings.Pipeline(), NullLogger<JobFolders>.Instance));
        var folder = await models.FolderAsync(model, content: null, ct);
        NativeRuntime.EnsureLoaded();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        GgufExport.Write(folder, path, type, id.Value);
        await output.WriteLineAsync($"Wrote {id} to {path}: {ByteText.Of(new FileInfo(path).Length)}, read back and compared.");
        return 0;
    }
}
