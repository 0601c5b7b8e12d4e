using System.Security.Cryptography;
using System.Text;
using Serverless.Learning;

namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>Who is told when jobs end.</summary>
/// <param name="Url">Where messages are posted.</param>
/// <param name="Key">What they are signed with; 24 to 64 bytes.</param>
public sealed record WebhookEndpoint(Uri Url, ReadOnlyMemory<byte> Key)
{
    private const string SecretPrefix = "whsec_";

    /// <summary>Reads an endpoint as the settings give it: an address, a space, and a secret, <c>whsec_</c> and base 64 (Standard Webhooks, "Signing secret").</summary>
    /// <exception cref="InputError">It is not that; the message repeats nothing that may be a secret, which addresses hold as well, and nothing of parts in the wrong order.</exception>
    public static WebhookEndpoint Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != 2)
            throw new InputError("found an entry that is not an address, a space and a secret; allowed: https://example.com/hook whsec_…");
        if (!Uri.TryCreate(parts[0], UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
            throw new InputError("found something else than an address that begins with https:// or http:// before the space; allowed: https://example.com/hook whsec_…");
        var key = new byte[64];
        if (!parts[1].StartsWith(SecretPrefix, StringComparison.Ordinal) || !Convert.TryFromBase64String(parts[1][SecretPrefix.Length..], key, out var length) || length < 24)
            throw new InputError($"found a secret for {url.Host} that is not {SecretPrefix} and base 64 of 24 to 64 bytes; make one with: echo {SecretPrefix}$(openssl rand -base64 32)");
        return new WebhookEndpoint(url, key.AsMemory(0, length));
    }

    /// <summary>What a state says of an endpoint that has taken its message: a digest of its address, which may hold a secret.</summary>
    internal string Mark => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Url.ToString())).AsSpan(0, 16));

    /// <summary>The host alone: the key and the rest of the address, which may be a secret too, are no log's business.</summary>
    public override string ToString() => Url.Host;
}
