using System.Text.Json;

namespace Serverless.Service.Jobs;

/// <summary>What a value of an enumeration is called on the wire.</summary>
public static class WireName
{
    /// <summary>The name that its converter writes.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value).GetString()!;
}
