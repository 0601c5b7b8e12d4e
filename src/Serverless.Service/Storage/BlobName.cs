using System.Security.Cryptography;
using System.Text;

namespace Serverless.Service.Storage;

/// <summary>Makes blob names out of what callers name: files, models.</summary>
public static class BlobName
{
    private const int MaxLength = 200;

    /// <summary>
    /// One segment of a blob's path that stands for <paramref name="text"/> and for nothing else: ASCII letters, digits, <c>-</c>,
    /// <c>_</c> and inner dots stay, every other byte of its UTF-8 becomes <c>=XX</c>. So no text climbs out of its folder or opens one.
    /// What would be longer than 200 characters is cut and closed by a hash of the whole.
    /// </summary>
    public static string Segment(string text)
    {
        if (text.Length == 0) return "=";
        var segment = new StringBuilder(text.Length);
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            var innerDot = c == '.' && i > 0 && i < bytes.Length - 1;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || innerDot) segment.Append(c);
            else segment.Append('=').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        if (segment.Length <= MaxLength) return segment.ToString();
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
        return segment.ToString(0, MaxLength - hash.Length - 1) + "~" + hash;
    }
}
