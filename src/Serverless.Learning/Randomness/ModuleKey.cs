using System.Text;

namespace Serverless.Learning.Randomness;

/// <summary>The number by which a named use of randomness (a module path, "order", "sampling") keys its <see cref="Philox"/>.</summary>
public static class ModuleKey
{
    /// <summary>FNV-1a over the name's UTF-8 bytes: the same on every machine and in every process.</summary>
    public static int Of(string name)
    {
        var hash = 2166136261u;
        foreach (var value in Encoding.UTF8.GetBytes(name)) hash = (hash ^ value) * 16777619u;
        return (int)hash;
    }
}
