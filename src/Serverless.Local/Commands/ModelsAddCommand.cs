using System.Collections.Immutable;
using Serverless.Learning;
using Serverless.Local.Composition;
using Serverless.Local.Settings;
using Serverless.Service.Models.Adding;
using Serverless.Service.Models.Hub;
using Serverless.Service.Network;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Registers a base model or an adapter that somebody brings, or fetches one from the Hugging Face hub.</summary>
internal sealed class ModelsAddCommand(IAnsiConsole console, Func<string, string?> variable) : ICommand
{
    private const int MostLeftOut = 8;

    private readonly TransferDisplay _display = new(console);

    public string Name => "models add";

    public string? Operand => "FOLDER|ZIP|ORGANISATION/MODEL";

    public string Summary => "Adds a base model or an adapter: a Hugging Face or PEFT folder, a .zip of one, or a model of the Hugging Face hub.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--name", "NAME", "what requests call it (the name of the folder, archive or model)"),
        new("--replace", null, "take the place of another model of that name"),
        new("--context", "TOKENS", "the longest text that the model is trained and run with (what its configuration promises; with LongRoPE the original context)"),
        new("--revision", "REVISION", "of the hub's model: a branch, a tag or a commit (main)"),
        .. SettingsOptions.Storage,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var given = arguments.RequiredOperand("a folder, a .zip or a model of the hub");
        var settings = SettingsOptions.Read(arguments);
        if (Directory.Exists(given))
            return await AddAsync(new FolderFiles(given), RequestOf(arguments, Path.GetFullPath(given), Path.GetFullPath(given)), ContextOf(arguments), settings, ct);
        if (File.Exists(given))
        {
            await using var archive = await ArchiveFiles.OpenAsync(File.OpenRead(given), Path.GetFileName(given), ct);
            return await AddAsync(archive, RequestOf(arguments, given, Path.GetFullPath(given)), ContextOf(arguments), settings, ct);
        }
        return HubName.Is(given)
            ? await FetchAsync(given, arguments, settings, ct)
            : throw new InputError($"models add: found neither a folder nor a file {Path.GetFullPath(given)}, and the hub's models have names such as Qwen/Qwen2.5-0.5B-Instruct");
    }

    private static AddRequest RequestOf(CommandArguments arguments, string path, string source)
    {
        var stated = ContextOf(arguments) is { } context ? $"{source}, context {context}" : source;
        var request = new AddRequest(arguments.Text("--name") ?? AddedName.Of(path), stated, arguments.Has("--replace"));
        AddedName.Parse(request.Name);
        return request;
    }

    private static int? ContextOf(CommandArguments arguments) => arguments.WholeNumber("--context", 1, int.MaxValue);

    private async Task<int> FetchAsync(string id, CommandArguments arguments, LocalSettings settings, CancellationToken ct)
    {
        var hubSettings = HubSettings.Read(variable);
        using var hub = new HubClient(hubSettings, new OutboundPolicy(settings.Outbound()));
        var model = await hub.DescribeAsync(id, arguments.Text("--revision") ?? "main", ct);
        var request = RequestOf(arguments, id, model.Source);
        if (await IsThereAsync(request, model.IsAdapter, settings, ct))
        {
            console.WriteLine($"{request.Name} is there already, from {request.Source}; nothing has changed.");
            return 0;
        }
        console.WriteLine($"Fetching {model.Source}");
        var folder = Path.Combine(settings.WorkFolder, "hub", model.Commit, id);
        await _display.ShowAsync(report => new HubDownload(hub, hubSettings, TimeProvider.System).RunAsync(model, folder, report, ct));
        var code = await AddAsync(new FolderFiles(folder), request, ContextOf(arguments), settings, ct);
        Directory.Delete(folder, recursive: true);
        return code;
    }

    private async Task<bool> IsThereAsync(AddRequest request, bool isAdapter, LocalSettings settings, CancellationToken ct)
    {
        // Not kept open while gigabytes come in: the emulator would be this process's for as long.
        await using var storage = await LocalStorage.OpenAsync(settings, console.WriteLine, ct);
        return await storage.Get<AddModel>().IsThereAsync(request, isAdapter, ct);
    }

    private async Task<int> AddAsync(IModelFiles files, AddRequest request, int? context, LocalSettings settings, CancellationToken ct)
    {
        if (context is { } tokens)
            files = await FilesInContext.OfAsync(files, tokens, ct);
        await using var storage = await LocalStorage.OpenAsync(settings, console.WriteLine, ct);
        var added = await _display.ShowAsync(report => storage.Get<AddModel>().RunAsync(files, request, report, ct));
        foreach (var line in LinesOf(added))
            console.WriteLine(line);
        return 0;
    }

    private static IEnumerable<string> LinesOf(AddedModel added)
    {
        if (added.LeftOut.Count > 0)
        {
            var more = added.LeftOut.Count > MostLeftOut ? $" and {added.LeftOut.Count - MostLeftOut} more" : "";
            yield return $"Left out, as no part of the model: {string.Join(", ", added.LeftOut.Take(MostLeftOut))}{more}";
        }
        var model = added.Record;
        yield return added.IsNew
            ? $"Added {model.Id}{(model.BaseModel is { } whole ? $", an adapter of {whole}" : "")}: {model.Parts.Length} files, {ByteText.Of(model.Bytes)}, content {model.ContentHash}. Jobs and chats can use it now."
            : $"{model.Id} is there already with this content ({model.ContentHash}); nothing has changed.";
    }
}
