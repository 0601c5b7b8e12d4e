using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Serverless.Api.Access;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Webhooks;
using Serverless.Service.Storage;

namespace Serverless.Api.Settings;

/// <summary>Reads a head's settings from where they can be given, and checks them; all faults go into one message.</summary>
public sealed class SettingsReader
{
    private const string Section = "Serverless";
    private const string Prefix = "SERVERLESS_";

    private readonly List<string> _faults = [];
    private readonly Dictionary<string, (string Value, string Source)> _given = new(StringComparer.OrdinalIgnoreCase);

    private SettingsReader()
    {
    }

    /// <summary>Takes what is given: the file's section, which the variables win over, which the options win over.</summary>
    /// <typeparam name="TSettings">The head's settings; the names of its properties that can be set are the names that can be given.</typeparam>
    /// <param name="file">The configuration of appsettings.json.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="options">What the command line gave, by setting name; null: not given.</param>
    public static SettingsReader Of<TSettings>(
        IConfiguration file, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string?> options)
        where TSettings : ServiceSettings
    {
        var reader = new SettingsReader();
        var names = NamesOf<TSettings>();
        foreach (var entry in file.GetSection(Section).GetChildren())
        {
            if (!names.Contains(entry.Key, StringComparer.OrdinalIgnoreCase))
                reader.Fault($"{Section}:{entry.Key} in appsettings.json is unknown; allowed: {string.Join(", ", names)}");
            else
                reader._given[entry.Key] = (entry.Value ?? string.Join(',', entry.GetChildren().Select(item => item.Value)), $"{Section}:{entry.Key}");
        }
        // Other software uses the prefix too, so unknown variables are left alone.
        foreach (var (name, value) in environment)
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                && names.Contains(name[Prefix.Length..].Replace("_", "", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase))
                reader._given[name[Prefix.Length..].Replace("_", "", StringComparison.Ordinal)] = (value, name);
        foreach (var (name, value) in options)
            if (value is not null)
#pragma warning disable CA1308 // options are written in lower case
                reader._given[name] = (value, $"--{name.ToLowerInvariant()}");
#pragma warning restore CA1308
        return reader;
    }

    /// <summary>The names that can be set, those of the head first.</summary>
    public static ImmutableArray<string> NamesOf<TSettings>()
        where TSettings : ServiceSettings =>
        [.. typeof(TSettings).GetProperties().Where(property => property.CanWrite).Select(property => property.Name)];

    /// <summary>The settings of <paramref name="defaults"/> with what is given of those that every head has.</summary>
    public TSettings Shared<TSettings>(TSettings defaults)
        where TSettings : ServiceSettings => defaults with
        {
            Storage = Text(nameof(ServiceSettings.Storage), defaults.Storage),
            Data = Path.GetFullPath(Text(nameof(ServiceSettings.Data), defaults.Data)),
            Models = Path.GetFullPath(Text(nameof(ServiceSettings.Models), defaults.Models)),
            Threads = Whole(nameof(ServiceSettings.Threads), defaults.Threads, 0, 1024),
            ServedWeights = Word(nameof(ServiceSettings.ServedWeights), defaults.ServedWeights, ("stored", MatrixStorage.AsStored), ("int8", MatrixStorage.Int8)),
            PrefixCacheMB = Whole(nameof(ServiceSettings.PrefixCacheMB), defaults.PrefixCacheMB, 0, 1_048_576),
            Teachers = TeacherList(nameof(ServiceSettings.Teachers)),
            Keys = KeyEntries(),
            AllowedHosts = List(nameof(ServiceSettings.AllowedHosts)),
            AllowedOrigins = List(nameof(ServiceSettings.AllowedOrigins)),
            RequestsPerMinute = Whole(nameof(ServiceSettings.RequestsPerMinute), defaults.RequestsPerMinute, 0, 1_000_000),
            StreamsPerCaller = Whole(nameof(ServiceSettings.StreamsPerCaller), defaults.StreamsPerCaller, 0, 10_000),
            ChunkSeconds = Number(nameof(ServiceSettings.ChunkSeconds), defaults.ChunkSeconds, 0.001, 86_400),
            CheckpointSeconds = Number(nameof(ServiceSettings.CheckpointSeconds), defaults.CheckpointSeconds, 0.001, 86_400),
            PricePerGbSecond = Number(nameof(ServiceSettings.PricePerGbSecond), defaults.PricePerGbSecond, 0, 1000),
            Webhooks = Endpoints(nameof(ServiceSettings.Webhooks)),
            AllowedNetworks = NetworkEntries(),
            Currency = Text(nameof(ServiceSettings.Currency), defaults.Currency),
            InstanceMemoryMB = Whole(nameof(ServiceSettings.InstanceMemoryMB), defaults.InstanceMemoryMB, 1, 16_777_216),
        };

    /// <summary>Adds what is wrong with the storage that the settings mean.</summary>
    public void Check(StorageSettings storage)
    {
        try
        {
            storage.Validate();
        }
        catch (InputError error)
        {
            _faults.AddRange(error.Message.Split('\n'));
        }
    }

    /// <summary>Adds a fault: which setting, what was found, what is allowed.</summary>
    public void Fault(string fault) => _faults.Add(fault);

    /// <exception cref="InputError">There are faults; the message names every setting, where it was found and what is allowed.</exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
            throw new InputError($"settings: {string.Join("\nsettings: ", _faults)}");
    }

    /// <summary>A text that is not empty.</summary>
    public string Text(string name, string otherwise)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (found.Value.Length == 0)
            Fault($"{found.Source}: found nothing; leave it out for the default ({otherwise})");
        return found.Value.Length == 0 ? otherwise : found.Value;
    }

    /// <summary>The address of a web server.</summary>
    public Uri Url(string name, Uri otherwise)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (Uri.TryCreate(found.Value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/")
            return url;
        Fault($"{found.Source}: found \"{found.Value}\"; allowed: an address such as {otherwise.OriginalString}");
        return otherwise;
    }

    /// <summary>A whole number within a range.</summary>
    public int Whole(string name, int otherwise, int least, int most) => (int)Number(name, otherwise, least, most, whole: true);

    /// <summary>A number within a range.</summary>
    public double Number(string name, double otherwise, double least, double most, bool whole = false)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        if (double.TryParse(found.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && (!whole || number == Math.Floor(number)))
            return number;
        var kind = whole ? "a whole number" : "a number";
        Fault(string.Create(CultureInfo.InvariantCulture, $"{found.Source}: found \"{found.Value}\"; allowed: {kind} from {least} to {most}"));
        return otherwise;
    }

    /// <summary>One of some words, each of which stands for a value.</summary>
    public T Word<T>(string name, T otherwise, params ReadOnlySpan<(string Word, T Value)> allowed)
    {
        if (!_given.TryGetValue(name, out var found))
            return otherwise;
        foreach (var (word, value) in allowed)
            if (word == found.Value)
                return value;
        Fault($"{found.Source}: found \"{found.Value}\"; allowed: {string.Join(", ", allowed.ToArray().Select(each => each.Word))}");
        return otherwise;
    }

    private ImmutableArray<string> Endpoints(string name)
    {
        var endpoints = List(name);
        foreach (var endpoint in endpoints)
        {
            try
            {
                if (Outbound().FaultOf(WebhookEndpoint.Parse(endpoint).Url) is { } refused)
                    Fault($"{_given[name].Source}: {refused}");
            }
            catch (InputError error)
            {
                Fault($"{_given[name].Source}: {error.Message}");
            }
        }
        return endpoints;
    }

    /// <summary>Each is a name, an address, a model and, if it wants one, a key, with blanks between them.</summary>
    private ImmutableArray<TeacherEndpoint> TeacherList(string name)
    {
        var teachers = ImmutableArray.CreateBuilder<TeacherEndpoint>();
        foreach (var (at, entry) in List(name).Index())
        {
            var parts = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length is 3 or 4 && Uri.TryCreate(parts[1], UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                teachers.Add(new TeacherEndpoint(parts[0], url, parts[2], parts.ElementAtOrDefault(3)));
                if (Outbound().FaultOf(url) is { } refused)
                    Fault($"{_given[name].Source}, entry {at + 1}: {refused}");
            }
            else
                // Not what was found: a key may be part of it.
                Fault($"{_given[name].Source}, entry {at + 1}: found {parts.Length} parts; allowed: name, address (http or https), model and, if it wants one, key, with blanks between them");
        }
        if (teachers.GroupBy(teacher => teacher.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            Fault($"{_given[name].Source}: found the name {twice.Key} {twice.Count()} times; allowed: once");
        return teachers.ToImmutable();
    }

    private ImmutableArray<string> NetworkEntries()
    {
        var entries = List(nameof(ServiceSettings.AllowedNetworks));
        foreach (var entry in entries)
        {
            try
            {
                AllowedNetworks.Parse([entry]);
            }
            catch (InputError error)
            {
                Fault($"{_given[nameof(ServiceSettings.AllowedNetworks)].Source}: {error.Message}");
            }
        }
        return entries;
    }

    private OutboundPolicy Outbound()
    {
        try
        {
            return new OutboundPolicy(AllowedNetworks.Parse(List(nameof(ServiceSettings.AllowedNetworks))));
        }
        catch (InputError)
        {
            // The entry at fault is told by itself.
            return new OutboundPolicy(AllowedNetworks.None);
        }
    }

    private ImmutableArray<string> KeyEntries()
    {
        var entries = List(nameof(ServiceSettings.Keys));
        foreach (var (index, entry) in entries.Index())
        {
            try
            {
                ApiKey.Parse(entry, index + 1);
            }
            catch (ArgumentException fault)
            {
                // Without the parameter's name that .NET puts behind it.
                Fault($"{_given[nameof(ServiceSettings.Keys)].Source}: {fault.Message.Split(" (Parameter", 2)[0]}");
            }
        }
        return entries;
    }

    private ImmutableArray<string> List(string name) => _given.TryGetValue(name, out var found)
        ? [.. found.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
        : [];
}
