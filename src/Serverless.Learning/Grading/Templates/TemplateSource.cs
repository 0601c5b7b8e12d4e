namespace Serverless.Learning.Grading.Templates;

/// <summary>Where a template's value comes from.</summary>
internal enum TemplateSource
{
    Item,
    OutputText,
    OutputJson,
    OutputTools,
}
