using System.Collections;
using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Serverless.Local.Commands;

namespace Serverless.Local.Settings;

/// <summary>The options of the command line that stand for settings, and reading the settings with them.</summary>
internal static class SettingsOptions
{
    /// <summary>Options of every command that starts the head.</summary>
    public static ImmutableArray<CommandOption> All { get; } =
    [
        new("--url", "URL", "where API and dashboard are served (http://127.0.0.1:7071)"),
        .. Storage,
    ];

    /// <summary>Options of commands that need no more than the storage.</summary>
    public static ImmutableArray<CommandOption> Storage =>
    [
        new("--data", "FOLDER", "where this machine keeps storage, caches and scratch files (data)"),
        new("--storage", "WHERE", "connection string or URL of an Azure Storage account (Azurite on this machine)"),
    ];

    /// <summary>Reads appsettings.json of the current folder, the environment and the options.</summary>
    public static LocalSettings Read(CommandArguments arguments, string? defaultUrl = null)
    {
        var file = new ConfigurationBuilder()
            .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true, reloadOnChange: false)
            .Build();
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        return LocalSettingsReader.Read(file, environment, new Dictionary<string, string?>
        {
            [nameof(LocalSettings.Url)] = arguments.Text("--url") ?? defaultUrl,
            [nameof(LocalSettings.Data)] = arguments.Text("--data"),
            [nameof(LocalSettings.Storage)] = arguments.Text("--storage"),
        });
    }
}
