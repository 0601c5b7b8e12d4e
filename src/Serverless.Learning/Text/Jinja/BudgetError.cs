namespace Serverless.Learning.Text.Jinja;

/// <summary>A rendering uses more than it may; rendering again would not help. The template that is rendered adds its name and the line.</summary>
internal sealed class BudgetError(string message) : Exception(message);
