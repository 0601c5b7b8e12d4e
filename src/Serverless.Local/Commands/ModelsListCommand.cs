using System.Collections.Immutable;
using Serverless.Local.Composition;
using Serverless.Local.Settings;
using Serverless.Service.Models;

namespace Serverless.Local.Commands;

/// <summary>Lists the models, newest first.</summary>
internal sealed class ModelsListCommand(TextWriter output) : ICommand
{
    public string Name => "models list";

    public string Summary => "Lists the models of the storage: name, kind, size, content and where it comes from.";

    public ImmutableArray<CommandOption> Options => SettingsOptions.Storage;

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        await using var storage = await LocalStorage.OpenAsync(SettingsOptions.Read(arguments), output.WriteLine, ct);
        var models = await storage.Get<ModelCatalog>().ListAsync(filter: null, ct);
        var width = models.Select(model => model.Id.Value.Length).Append(4).Max();
        foreach (var model in models)
            await output.WriteLineAsync(
                $"{model.Id.Value.PadRight(width)}  {KindOf(model),-9}  {ByteText.Of(model.Bytes),8}  {model.ContentHash}  {OriginOf(model)}".TrimEnd());
        if (models.IsEmpty)
            await output.WriteLineAsync("There are no models yet; the sample model comes with the first start of the service.");
        return 0;
    }

    private static string KindOf(ModelRecord model) => model.Kind switch
    {
        ModelKind.Base => "base",
        ModelKind.Adapter => "adapter",
        _ => "published",
    };

    private static string OriginOf(ModelRecord model)
    {
        var origin = model.Source ?? model.JobId?.Value;
        return model is { Kind: ModelKind.Adapter, BaseModel: { } whole } ? string.Join(", ", new[] { $"on {whole}", origin }.Where(part => part is not null)) : origin ?? "";
    }
}
