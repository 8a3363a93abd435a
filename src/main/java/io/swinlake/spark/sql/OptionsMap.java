package io.swinlake.spark.sql;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;

/** The last argument of a function: {@code map('topK', '1', 'device', 'cuda')}. */
final class OptionsMap {
    private OptionsMap() {}

    static boolean isOne(Expression argument) {
        return argument.foldable()
                && argument.dataType() instanceof MapType map
                && map.keyType().equals(DataTypes.StringType)
                && argument.eval(InternalRow.empty()) != null;
    }

    /** The options of the argument that has them, if there is one; names as they are written. */
    static SortedMap<String, String> of(List<Expression> argument) {
        SortedMap<String, String> options = new TreeMap<>();
        for (Expression map : argument) {
            MapData data = (MapData) map.eval(InternalRow.empty());
            MapType type = (MapType) map.dataType();
            for (int i = 0; i < data.numElements(); i++) {
                Object value =
                        data.valueArray().isNullAt(i) ? null : data.valueArray().get(i, type.valueType());
                options.put(data.keyArray().getUTF8String(i).toString(), String.valueOf(value));
            }
        }
        return options;
    }
}
