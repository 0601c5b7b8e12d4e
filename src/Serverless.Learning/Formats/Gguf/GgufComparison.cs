namespace Serverless.Learning.Formats.Gguf;

/// <summary>Reads a written file back and compares it with what went in, tensor by tensor.</summary>
internal static class GgufComparison
{
    /// <summary>Checks names, types, shapes, every key-value pair, and every element within its type's error.</summary>
    /// <exception cref="InvalidDataException">Something differs; names it.</exception>
    public static void Check(string path, IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<GgufSource> tensors)
    {
        using var file = GgufFile.Open(path);
        foreach (var (key, value) in metadata)
        {
            if (!file.Metadata.TryGetValue(key, out var found))
                throw new InvalidDataException($"{path}, {key}: missing");
            if (!Same(value, found))
                throw new InvalidDataException($"{path}, {key}: differs from what was written");
        }

        foreach (var source in tensors)
        {
            if (!file.Tensors.TryGetValue(source.Name, out var stored))
                throw new InvalidDataException($"{path}, tensor {source.Name}: missing");
            if (stored.Type != source.Type || !stored.Shape.SequenceEqual(source.Shape))
                throw new InvalidDataException($"{path}, tensor {source.Name}: {stored.Type} {Quoted.Shape(stored.Shape)}; {source.Type} {Quoted.Shape(source.Shape)} was written");
            CheckElements(path, file, source, stored);
        }

        var others = file.Metadata.Keys.Except(metadata.Select(entry => entry.Key)).Concat(file.Tensors.Keys.Except(tensors.Select(tensor => tensor.Name)));
        if (others.FirstOrDefault() is { } other)
            throw new InvalidDataException($"{path}, {other}: was not written");
    }

    private static void CheckElements(string path, GgufFile file, GgufSource source, GgufTensor stored)
    {
        var block = GgufBlocks.ElementsOf(source.Type);
        float[] found = [];
        source.ForEachPiece((values, first) =>
        {
            if (found.Length != values.Length)
                found = new float[values.Length];
            file.ReadElements(stored, first, found);
            for (var start = 0; start < values.Length; start += block)
            {
                var largest = 0f;
                foreach (var value in values.Slice(start, block))
                    largest = MathF.Max(largest, MathF.Abs(value));
                var tolerance = GgufBlocks.ToleranceOf(source.Type, largest);
                for (var i = start; i < start + block; i++)
                {
                    if (!(MathF.Abs(values[i] - found[i]) <= tolerance))
                        throw new InvalidDataException($"{path}, tensor {source.Name}, element {first + i}: {found[i]}; {values[i]} was written");
                }
            }
        });
    }

    private static bool Same(object written, object found) => written is Array a && found is Array b
        ? a.GetType() == b.GetType() && a.Cast<object>().SequenceEqual(b.Cast<object>())
        : written.Equals(found);
}
