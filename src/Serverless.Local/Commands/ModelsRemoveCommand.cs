using System.Collections.Immutable;
using Serverless.Local.Composition;
using Serverless.Local.Settings;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;

namespace Serverless.Local.Commands;

/// <summary>Removes a model with its files.</summary>
internal sealed class ModelsRemoveCommand(TextWriter output) : ICommand
{
    public string Name => "models remove";

    public string? Operand => "NAME";

    public string Summary => "Removes a model that was added or published, with its files.";

    public ImmutableArray<CommandOption> Options => SettingsOptions.Storage;

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var id = new ModelId(arguments.RequiredOperand("a model's name"));
        await using var storage = await LocalStorage.OpenAsync(SettingsOptions.Read(arguments), output.WriteLine, ct);
        await storage.Get<RemoveModel>().RunAsync(id, ct);
        await output.WriteLineAsync($"Removed {id}.");
        return 0;
    }
}
