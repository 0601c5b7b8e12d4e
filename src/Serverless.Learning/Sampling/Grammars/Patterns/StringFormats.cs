namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>
/// The values of <c>format</c> that OpenAI documents for structured outputs, as regular expressions. Each takes only what the format allows; some leave out
/// rare forms of it, such as leap days and shortened IPv6 addresses.
/// </summary>
internal static class StringFormats
{
    private const string Date = "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";
    private const string Time = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    private const string Number = "[0-9]{1,4}";
    private const string DayTime = $"T(?:{Number}H(?:{Number}M(?:{Number}S)?)?|{Number}M(?:{Number}S)?|{Number}S)";
    private const string Days = $"(?:{Number}Y(?:{Number}M(?:{Number}D)?)?|{Number}M(?:{Number}D)?|{Number}D)";
    private const string Label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,20}[A-Za-z0-9])?";
    private const string Atom = "[A-Za-z0-9_+-]{1,20}";
    private const string Byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

    public static IReadOnlyDictionary<string, string> Patterns { get; } = new Dictionary<string, string>
    {
        ["date-time"] = $"^{Date}T{Time}$",
        ["date"] = $"^{Date}$",
        ["time"] = $"^{Time}$",
        ["duration"] = $"^P(?:{Number}W|{Days}(?:{DayTime})?|{DayTime})$",
        ["email"] = $"^{Atom}(?:\\.{Atom}){{0,2}}@{Label}(?:\\.{Label}){{1,3}}$",
        ["hostname"] = $"^{Label}(?:\\.{Label}){{0,4}}$",
        ["ipv4"] = $"^{Byte}(?:\\.{Byte}){{3}}$",
        ["ipv6"] = "^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}$",
        ["uuid"] = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    };
}
