using Microsoft.Extensions.Configuration;
using Serverless.Api.Settings;
using Serverless.Learning;

namespace Serverless.Local.Settings;

/// <summary>Reads and checks <see cref="LocalSettings"/>.</summary>
internal static class LocalSettingsReader
{
    /// <param name="file">The configuration of appsettings.json.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="options">What the command line gave, by setting name; null: not given.</param>
    /// <exception cref="InputError">Names every setting at fault, where it was found and what is allowed.</exception>
    public static LocalSettings Read(
        IConfiguration file, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string?> options)
    {
        var reader = SettingsReader.Of<LocalSettings>(file, environment, options);
        var defaults = new LocalSettings();
        var settings = reader.Shared(defaults) with
        {
            Url = reader.Url(nameof(LocalSettings.Url), defaults.Url),
            StoragePrefix = reader.Text(nameof(LocalSettings.StoragePrefix), defaults.StoragePrefix),
            AzuritePort = reader.Whole(nameof(LocalSettings.AzuritePort), defaults.AzuritePort, 1, 65_535),
            DropSeconds = reader.Number(nameof(LocalSettings.DropSeconds), defaults.DropSeconds, 0.1, 3600),
        };
        if (!settings.Url.IsLoopback && settings.Keys.IsEmpty)
            reader.Fault($"Keys: found none; an address other than this machine's own ({settings.Url}) needs at least one");
        reader.Check(settings.StorageAccount);
        reader.ThrowIfFaulty();
        return settings;
    }
}
