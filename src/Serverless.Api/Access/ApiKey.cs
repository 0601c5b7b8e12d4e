using System.Security.Cryptography;
using System.Text;

namespace Serverless.Api.Access;

/// <summary>A key that opens the API, known by its name and its SHA-256 only, so that the settings may hold the hash instead of the key.</summary>
public sealed class ApiKey
{
    private readonly byte[] _hash;

    private ApiKey(string name, byte[] hash)
    {
        Name = name;
        _hash = hash;
    }

    /// <summary>What logs call this key.</summary>
    public string Name { get; }

    /// <summary>Hashes a key that the settings give in the clear; the key itself is not kept.</summary>
    public static ApiKey FromSecret(string name, string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return new ApiKey(name, Hash(secret));
    }

    /// <summary>Takes a key as its SHA-256 in 64 hexadecimal digits (<c>printf %s "$KEY" | sha256sum</c>).</summary>
    /// <exception cref="ArgumentException">The hash is not 64 hexadecimal digits.</exception>
    public static ApiKey FromSha256(string name, string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        if (hex.Length != 64 || !hex.All(char.IsAsciiHexDigit))
            throw new ArgumentException($"API key '{name}': found a hash of {hex.Length} characters; allowed: 64 hexadecimal digits (SHA-256).", nameof(hex));
        return new ApiKey(name, Convert.FromHexString(hex));
    }

    /// <summary>The SHA-256 of a key's UTF-8 bytes (32 bytes).</summary>
    internal static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Compares in a time that does not depend on where the hashes differ.</summary>
    internal bool Matches(ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(_hash, hash);
}
