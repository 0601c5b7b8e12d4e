using System.Buffers.Binary;
using System.Text;

namespace Serverless.Learning.Native;

/// <summary>
/// TorchSharp's native library imports exactly one symbol that is newer than Debian 12's C++ library: the stream initialiser
/// <c>std::ios_base_library_init()</c> of GLIBCXX_3.4.32, which libtorch itself runs anyway. <see cref="Correct"/> makes that
/// import name <c>std::get_terminate()</c> of GLIBCXX_3.4.20: a function without arguments or effects that old versions have, too.
/// </summary>
internal static class StreamInitialiserImport
{
    public const string Symbol = "_ZSt21ios_base_library_initv";
    public const string Version = "GLIBCXX_3.4.32";
    public const string HarmlessSymbol = "_ZSt13get_terminatev";
    public const string HarmlessVersion = "GLIBCXX_3.4.20";

    /// <summary>A copy of the library whose one new import is replaced; the version entry's name and hash follow.</summary>
    /// <param name="original">The bytes of <c>libLibTorchSharp.so</c>.</param>
    /// <exception cref="InvalidDataException">The file is not the known one: the message says in which way.</exception>
    public static byte[] Correct(byte[] original)
    {
        var image = new ElfImage(original);
        var versions = image.NeededVersions().Where(v => image.StringAt(v.Name) == Version).ToList();
        if (versions.Count != 1) throw new InvalidDataException($"{versions.Count} entries for version {Version} instead of one");
        var version = versions[0];

        var importers = image.Symbols().Where(s => s.Version == version.Index).ToList();
        if (importers.Count != 1 || !importers[0].Imported || image.StringAt(importers[0].Name) != Symbol)
        {
            var found = string.Join(", ", importers.Select(s => image.StringAt(s.Name)));
            throw new InvalidDataException($"with version {Version} it imports '{found}' instead of '{Symbol}' alone");
        }
        RequireUnshared(image, importers[0].Name, Symbol);
        RequireUnshared(image, version.Name, Version);

        var corrected = (byte[])original.Clone();
        Overwrite(corrected, importers[0].Name, HarmlessSymbol, Symbol.Length);
        Overwrite(corrected, version.Name, HarmlessVersion, Version.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(corrected.AsSpan(version.Entry), ElfImage.Hash(HarmlessVersion));
        return corrected;
    }

    /// <summary>Linkers let one name be the tail of another; such a string must not change.</summary>
    private static void RequireUnshared(ElfImage image, int name, string text)
    {
        bool Inside(int other) => other > name && other <= name + text.Length;
        if (image.StringAt(name - 1).Length != 0 || image.Symbols().Any(s => Inside(s.Name)) || image.NeededVersions().Any(v => Inside(v.Name)))
            throw new InvalidDataException($"the name '{text}' is shared with another");
    }

    private static void Overwrite(byte[] file, int at, string text, int oldLength)
    {
        file.AsSpan(at, oldLength).Clear();
        Encoding.ASCII.GetBytes(text, file.AsSpan(at));
    }
}
