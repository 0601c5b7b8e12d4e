using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Serverless.Learning;

namespace Serverless.Local.Settings;

/// <summary>Reads and checks <see cref="LocalSettings"/>; all faults go into one message.</summary>
internal sealed class SettingsReader
{
    private const string Section = "Serverless";
    private const string Prefix = "SERVERLESS_";

    private readonly List<string> _faults = [];
    private readonly IReadOnlyDictionary<string, (string Value, string Source)> _given;

    private SettingsReader(IReadOnlyDictionary<string, (string Value, string Source)> given) => _given = given;

    /// <summary>The names that can be set.</summary>
    public static ImmutableArray<string> Names { get; } =
        [.. typeof(LocalSettings).GetProperties().Where(property => property.CanWrite).Select(property => property.Name)];

    /// <summary>Reads the settings.</summary>
    /// <param name="file">The configuration of appsettings.json.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="options">What the command line gave, by setting name; null: not given.</param>
    /// <exception cref="InputError">Names every setting at fault, where it was found and what is allowed.</exception>
    public static LocalSettings Read(
        IConfiguration file, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string?> options)
    {
        var given = new Dictionary<string, (string Value, string Source)>(StringComparer.OrdinalIgnoreCase);
        var reader = new SettingsReader(given);
        foreach (var entry in file.GetSection(Section).GetChildren())
        {
            if (!Names.Contains(entry.Key, StringComparer.OrdinalIgnoreCase))
                reader._faults.Add($"{Section}:{entry.Key} in appsettings.json is unknown; allowed: {string.Join(", ", Names)}");
            else
                given[entry.Key] = (entry.Value ?? string.Join(',', entry.GetChildren().Select(item => item.Value)), $"{Section}:{entry.Key}");
        }
        // Other software uses the prefix too, so unknown variables are left alone.
        foreach (var (name, value) in environment)
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                && Names.Contains(name[Prefix.Length..].Replace("_", "", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase))
                given[name[Prefix.Length..].Replace("_", "", StringComparison.Ordinal)] = (value, name);
        foreach (var (name, value) in options)
            if (value is not null)
#pragma warning disable CA1308 // options are written in lower case
                given[name] = (value, $"--{name.ToLowerInvariant()}");
#pragma warning restore CA1308
        return reader.Settings();
    }

    private LocalSettings Settings()
    {
        var defaults = new LocalSettings();
        var settings = new LocalSettings
        {
            Url = Url(nameof(LocalSettings.Url), defaults.Url),
            Data = Path.GetFullPath(Text(nameof(LocalSettings.Data), defaults.Data)),
            Storage = Text(nameof(LocalSettings.Storage), defaults.Storage),
            StoragePrefix = Text(nameof(LocalSettings.StoragePrefix), defaults.StoragePrefix),
            AzuritePort = Whole(nameof(LocalSettings.AzuritePort), defaults.AzuritePort, 1, 65_535),
            Models = Path.GetFullPath(Text(nameof(LocalSettings.Models), defaults.Models)),
            Threads = Whole(nameof(LocalSettings.Threads), defaults.Threads, 0, 1024),
            Keys = List(nameof(LocalSettings.Keys)),
            AllowedHosts = List(nameof(LocalSettings.AllowedHosts)),
            AllowedOrigins = List(nameof(LocalSettings.AllowedOrigins)),
            ChunkSeconds = Number(nameof(LocalSettings.ChunkSeconds), defaults.ChunkSeconds, 0.001, 86_400),
            CheckpointSeconds = Number(nameof(LocalSettings.CheckpointSeconds), defaults.CheckpointSeconds, 0.001, 86_400),
            DropSeconds = Number(nameof(LocalSettings.DropSeconds), defaults.DropSeconds, 0.1, 3600),
        };
        if (!settings.Url.IsLoopback && settings.Keys.IsEmpty)
            _faults.Add($"Keys: found none; an address other than this machine's own ({settings.Url}) needs at least one");
        CheckStorage(settings);
        return _faults.Count == 0 ? settings : throw new InputError($"settings: {string.Join("\nsettings: ", _faults)}");
    }

    private void CheckStorage(LocalSettings settings)
    {
        try
        {
            settings.StorageAccount.Validate();
        }
        catch (InputError error)
        {
            _faults.AddRange(error.Message.Split('\n'));
        }
    }

    private string Text(string name, string otherwise)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (found.Value.Length == 0)
            _faults.Add($"{found.Source}: found nothing; leave it out for the default ({otherwise})");
        return found.Value.Length == 0 ? otherwise : found.Value;
    }

    private ImmutableArray<string> List(string name) => _given.TryGetValue(name, out var found)
        ? [.. found.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
        : [];

    private Uri Url(string name, Uri otherwise)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (Uri.TryCreate(found.Value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/")
            return url;
        _faults.Add($"{found.Source}: found \"{found.Value}\"; allowed: an address such as {otherwise.OriginalString}");
        return otherwise;
    }

    private int Whole(string name, int otherwise, int least, int most) => (int)Number(name, otherwise, least, most, whole: true);

    private double Number(string name, double otherwise, double least, double most, bool whole = false)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (double.TryParse(found.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && (!whole || number == Math.Floor(number)))
            return number;
        var kind = whole ? "a whole number" : "a number";
        _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{found.Source}: found \"{found.Value}\"; allowed: {kind} from {least} to {most}"));
        return otherwise;
    }
}
