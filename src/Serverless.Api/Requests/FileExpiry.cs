using System.Globalization;

namespace Serverless.Api.Requests;

/// <summary>
/// How long a posted file will exist: <c>expires_after</c> with <c>anchor</c>, which is <c>created_at</c>, and <c>seconds</c>, from an hour to 30 days. As an object of
/// JSON, or as the fields <c>expires_after[anchor]</c> and <c>expires_after[seconds]</c> of a form.
/// </summary>
internal static class FileExpiry
{
    private const string Name = "expires_after";
    private const string Anchor = "created_at";
    private const long Least = 3600;
    private const long Most = 2_592_000;

    /// <summary>The time from a JSON body, or null when it asks for none.</summary>
    public static TimeSpan? Read(RequestObject body)
    {
        if (body.Object(Name) is not { } expiry)
            return null;
        if (expiry.OneOf("anchor", [Anchor]) is null)
            throw Refusal.Missing(expiry.PathOf("anchor"));
        return TimeSpan.FromSeconds(expiry.Integer("seconds", Least, Most) ?? throw Refusal.Missing(expiry.PathOf("seconds")));
    }

    /// <summary>The time from a form's fields, or null when they ask for none.</summary>
    public static TimeSpan? Read(MultipartForm form)
    {
        var (anchor, seconds) = (form.Field($"{Name}[anchor]"), form.Field($"{Name}[seconds]"));
        if (anchor is null && seconds is null)
            return null;
        if (anchor is null)
            throw Refusal.Missing($"{Name}.anchor");
        if (anchor != Anchor)
            throw Refusal.NotAmong($"{Name}.anchor", anchor, [Anchor]);
        if (seconds is null)
            throw Refusal.Missing($"{Name}.seconds");
        if (!long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var length))
            throw Refusal.WrongType($"{Name}.seconds", "an integer", "a string");
        return length < Least ? throw Refusal.IntegerBelow($"{Name}.seconds", Least, length)
            : length > Most ? throw Refusal.IntegerAbove($"{Name}.seconds", Most, length)
            : TimeSpan.FromSeconds(length);
    }
}
