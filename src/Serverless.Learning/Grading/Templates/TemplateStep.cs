namespace Serverless.Learning.Grading.Templates;

/// <summary>One step down into a value: the key of an object, or the index of an array, from its end if negative.</summary>
internal readonly record struct TemplateStep(string? Key, int Index)
{
    public override string ToString() => Key ?? $"[{Index}]";
}
