namespace Serverless.Learning.Grading.Formulas;

/// <summary>A part of a formula: its value at given scores.</summary>
internal delegate double FormulaNode(IReadOnlyDictionary<string, double> scores);
